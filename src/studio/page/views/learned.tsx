import { Gallery } from '../components/gallery.js';
import { HeatMaps } from '../components/heat_maps.js';
import { Neighbours } from '../components/neighbours.js';
import { NoModel, PicturePanel } from '../components/picture_panel.js';
import { model } from '../state/live.js';
import '../style/learned.css';
import '../style/network.css';

/** What the network looks at, what it gets wrong, and what it takes for alike. */
export function LearnedView() {
  return (
    <>
      <h1>What did it learn?</h1>
      {model.value ? (
        <div class="columns">
          <div class="beside">
            <PicturePanel />
          </div>
          <div class="stack">
            <HeatMaps />
            <Neighbours />
            <Gallery />
          </div>
        </div>
      ) : (
        <NoModel />
      )}
    </>
  );
}
