import { expect, test } from 'vitest';
import { scalarEvent, versionEvent } from '../src/formats/tfevents.js';
import { fixtureJson } from './helpers/shared.js';

test('event files have the bytes that TensorFlow writes', () => {
  const { events, hex } = fixtureJson<{ events: [number, number, string, number][]; hex: string }>('tfevents.json');
  const records = [versionEvent(events[0]![0]), ...events.map(event => scalarEvent(...event))];
  expect(Buffer.concat(records).toString('hex')).toBe(hex);
});
