import { useEffect, useRef, useState } from 'preact/hooks';

/** Takes a picture with the camera, cut to a square. */
export function Camera({ onPicture }: { readonly onPicture: (picture: Blob) => void }) {
  const [stream, setStream] = useState<MediaStream | undefined>(undefined);
  const [isShowing, setShowing] = useState(false);
  const [trouble, setTrouble] = useState('');
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current && stream) video.current.srcObject = stream;
    return () => {
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
  }, [stream]);
  const open = async (): Promise<void> => {
    setTrouble('');
    setShowing(false);
    try {
      setStream(await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'user', width: { ideal: 640 } }, audio: false }));
    } catch (error) {
      setTrouble(`No camera: ${(error as Error).message}`);
    }
  };
  const take = (): void => {
    const element = video.current!;
    const { videoWidth, videoHeight } = element;
    const side = Math.min(videoWidth, videoHeight);
    const canvas = document.createElement('canvas');
    canvas.width = side;
    canvas.height = side;
    canvas.getContext('2d')!.drawImage(element, (videoWidth - side) / 2, (videoHeight - side) / 2, side, side, 0, 0, side, side);
    canvas.toBlob(blob => blob && onPicture(blob), 'image/png');
    setStream(undefined);
  };
  if (!stream) {
    return (
      <>
        <button type="button" onClick={() => void open()}>
          Camera
        </button>
        {trouble && <span class="small bad">{trouble}</span>}
      </>
    );
  }
  return (
    <div class="stack camera">
      <video ref={video} autoplay playsInline muted aria-label="What the camera sees" onLoadedData={() => setShowing(true)} />
      <div class="row">
        <button type="button" class="primary" disabled={!isShowing} onClick={take}>
          Take it
        </button>
        <button type="button" onClick={() => setStream(undefined)}>
          Cancel
        </button>
      </div>
    </div>
  );
}
