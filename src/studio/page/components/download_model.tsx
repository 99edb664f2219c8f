import { useState } from 'preact/hooks';
import { ROUTES } from '../../protocol.js';
import { requestBytes } from '../state/api.js';
import { model, trouble } from '../state/live.js';

/** Kinds of files, as ROUTES.model has them, by their endings. */
const KINDS = {
  safetensors: { kind: 'safetensors', text: 'safetensors, to resume from' },
  keras: { kind: 'keras', text: 'Keras 3' },
  h5: { kind: 'h5', text: 'Keras 2, HDF5' },
  onnx: { kind: 'onnx', text: 'ONNX' },
  'tfjs.zip': { kind: 'tfjs', text: 'TensorFlow.js, zipped' },
} as const;

type Ending = keyof typeof KINDS;

/** Gives a person a file. */
function save(name: string, bytes: Uint8Array): void {
  const address = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The download has begun when the click returns, and has the blob from then on.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** 'runs/studio-1' as 'studio-1', and 'a/model.keras' as 'model'. */
const nameOf = (from: string): string =>
  from
    .split(/[/\\]/)
    .at(-1)!
    .replace(/\.(safetensors|keras|h5|hdf5|json)$/, '') || 'model';

/** The studio's model as a file of another kind, with the weights of now. */
export function DownloadModel() {
  const [isBusy, setBusy] = useState(false);
  const from = model.value?.from;
  if (from === undefined) return null;
  const download = async (ending: Ending): Promise<void> => {
    setBusy(true);
    try {
      save(`${nameOf(from)}.${ending}`, await requestBytes(ROUTES.model, { kind: KINDS[ending].kind }));
    } catch (error) {
      trouble.value = (error as Error).message;
    }
    setBusy(false);
  };
  return (
    <select
      class="download"
      aria-label="Download the model"
      disabled={isBusy}
      value=""
      onChange={event => void download(event.currentTarget.value as Ending)}
    >
      <option value="">{isBusy ? 'Writing the file…' : 'Download the model…'}</option>
      {Object.entries(KINDS).map(([ending, { text }]) => (
        <option key={ending} value={ending}>
          .{ending} ({text})
        </option>
      ))}
    </select>
  );
}
