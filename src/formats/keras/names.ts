/** 'kernel_size' -> 'kernelSize', 'beta_1' -> 'beta1'. */
export const camelCase = (name: string): string => name.replace(/_+(.)/g, (_, next: string) => next.toUpperCase());

/** 'kernelSize' -> 'kernel_size', 'beta1' -> 'beta_1'; 'l2' stays. */
export const snakeCase = (name: string): string => name.replace(/[A-Z]|(?<=[a-z]{2})\d+$/g, found => `_${found.toLowerCase()}`);

/** 'BinaryCrossentropy' -> 'binaryCrossentropy'. */
export const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);
