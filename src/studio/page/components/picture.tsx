import { pictureImage, useDrawing } from '../draw/canvas.js';
import type { Picture as Bytes } from '../state/api.js';

/** A picture by its bytes, as large as `size` says (CSS pixels across). */
export function Picture({ picture, label, size }: { readonly picture: Bytes; readonly label: string; readonly size?: number }) {
  const ref = useDrawing(context => context.putImageData(pictureImage(picture), 0, 0), [picture]);
  return (
    <canvas
      ref={ref}
      class="picture"
      width={picture.width}
      height={picture.height}
      style={size ? { width: `${size}px`, maxWidth: '100%' } : { width: '100%' }}
      role="img"
      aria-label={label}
    />
  );
}
