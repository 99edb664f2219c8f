import { useEffect } from 'preact/hooks';
import { machine, model, progress, run } from '../state/live.js';
import { addPictures, droppedFiles, isModelFile, openModelFile } from '../state/own_files.js';

/** Takes models and folders of pictures that are dropped anywhere on the page; a single picture is left to the view. */
export function FileDrop() {
  useEffect(() => {
    const drop = (event: DragEvent): void => {
      const { items, files } = event.dataTransfer!;
      const [file] = files;
      const isFolder = items[0]?.webkitGetAsEntry()?.isDirectory ?? false;
      if (!isFolder && !(file && isModelFile(file.name))) return;
      event.preventDefault();
      if (isFolder) void droppedFiles(items).then(addPictures);
      else void openModelFile(file!.name, file!);
    };
    // Before the view's own, which then finds the event taken.
    addEventListener('drop', drop, { capture: true });
    return () => {
      removeEventListener('drop', drop, { capture: true });
    };
  }, []);
  return null;
}

/** Models and pictures of the person, which the browser keeps. */
export function OwnFiles() {
  const state = run.value?.state;
  const busy = state === 'loading' || state === 'running' || state === 'paused';
  return (
    <section class="card stack" aria-label="Your own files">
      <div class="row">
        <strong>Your own files</strong>
        <span class="quiet small">{model.value ? `open now: ${model.value.from}` : 'they stay in this browser'}</span>
      </div>
      <div class="row">
        <label class={`button file${busy ? ' disabled' : ''}`}>
          <input
            type="file"
            class="hidden"
            disabled={busy}
            accept=".safetensors,.h5,.hdf5,.keras,.json"
            onChange={event => {
              const file = event.currentTarget.files?.[0];
              if (file) void openModelFile(file.name, file);
            }}
          />
          Open a model…
        </label>
        <label class="button file">
          <input
            type="file"
            class="hidden"
            multiple
            {...{ webkitdirectory: true }}
            onChange={event => {
              const files = [...(event.currentTarget.files ?? [])];
              void addPictures(files.map(file => ({ path: file.webkitRelativePath, file })));
            }}
          />
          Add a folder of pictures…
        </label>
        <span class="small quiet">
          {progress.value?.text.startsWith('Keeping')
            ? `${progress.value.text}: ${progress.value.done} of ${progress.value.total}`
            : 'one subfolder per class. Or drop either anywhere on the page: they stay in this browser.'}
        </span>
      </div>
      {machine.value && <p class="small quiet">Computed in this page by {machine.value.description}.</p>}
    </section>
  );
}
