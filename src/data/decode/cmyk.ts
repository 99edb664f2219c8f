/** RGB of inks in which 0 is full, as Adobe writes them in JPEG, mixed as PIL mixes them. Source: PIL's src/libImaging/Convert.c, cmyk2rgb */
export function mixInks(inks: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((inks.length / 4) * 3);
  for (let from = 0, to = 0; from < inks.length; from += 4, to += 3) {
    const light = inks[from + 3]!;
    for (let i = 0; i < 3; i++) {
      const product = (255 - inks[from + i]!) * light + 128;
      rgb[to + i] = light - (((product >> 8) + product) >> 8);
    }
  }
  return rgb;
}
