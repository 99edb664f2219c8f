import type { Logs } from './callback.js';

/** 'auto' decides by the monitor's name whether higher is better. */
export type Mode = 'auto' | 'min' | 'max';

/** Told what Keras prints or warns of; default nothing. */
export type Print = (message: string) => void;

/** The monitored number of an epoch; says which numbers there are where it is none of them. */
export function monitored(monitor: string, logs: Readonly<Logs>, what: string, print: Print | undefined): number | undefined {
  const current = logs[monitor];
  if (current === undefined)
    print?.(`${what} metric \`${monitor}\` which is not available. Available metrics are: ${Object.keys(logs).join(',')}`);
  return current;
}
