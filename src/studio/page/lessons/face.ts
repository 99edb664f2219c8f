/** A face of the small network's pictures that it is nearly sure of: enough is left to learn that gradients can be seen. */
export const FACE = 'validation:5';
