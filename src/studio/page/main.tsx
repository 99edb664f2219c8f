// What all views share comes first, so that a view's own sheet may change it.
import './style/base.css';
import './style/parts.css';
import './style/maps.css';
import './style/lesson_panel.css';
import { render } from 'preact';
import { App } from './app.js';
import { connect } from './state/live.js';

connect();
// The frame that the file has, so that something is painted while the script comes.
const place = document.getElementById('app')!;
place.replaceChildren();
render(<App />, place);

if (import.meta.env.MODE === 'site') {
  // After the first view, which its downloads would hold up. Where a browser has none (no https), the site works while there is a network.
  addEventListener('load', () => void navigator.serviceWorker?.register('./service_worker.js').catch(() => {}));
}
