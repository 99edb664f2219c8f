import { render } from 'preact';
import { App } from './app.js';
import { connect } from './state/live.js';
import './style/base.css';
import './style/parts.css';

connect();
render(<App />, document.getElementById('app')!);
