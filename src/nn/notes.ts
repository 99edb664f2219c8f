let print = (text: string): void => console.error(text);

/** A line for the person whose run it is. */
export const note = (text: string): void => print(text);

/** Sets where such lines go. */
export function setNotes(to: (text: string) => void): void {
  print = to;
}
