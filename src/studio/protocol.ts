/**
 * What the studio's page and its server tell one another, safe in a browser. Live events and commands are JSON over one WebSocket (SOCKET_PATH);
 * everything that is asked for once goes over HTTP (ROUTES). Numbers in bulk come as one safetensors file, whose metadata has one entry, 'wgrad': JSON.
 * Steps and epochs count from 1, as people do. Times are milliseconds.
 */

export * from './protocol/answers.js';
export * from './protocol/messages.js';
export * from './protocol/model.js';
export * from './protocol/routes.js';
export * from './protocol/run.js';
