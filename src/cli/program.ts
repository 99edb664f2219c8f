import { Command } from 'commander';
import { version } from '../node/paths.js';
import { addBench } from './bench.js';
import { addCheck } from './check.js';
import { addConvert } from './convert.js';
import { addDemo } from './demo.js';
import { addEvaluate } from './evaluate.js';
import { addExplain } from './explain.js';
import { addExport } from './export.js';
import { addInfo } from './info.js';
import { addPredict } from './predict.js';
import { addSetup } from './setup.js';
import { addStudio } from './studio.js';
import { addSummary } from './summary.js';
import { addTrain } from './train.js';

/** The command line. `exit` is called where it can't be read, with 2, and after help, with 0. */
export function makeProgram(exit: (code: number) => never): Command {
  const program = new Command('wgrad')
    .description('Trains convolutional networks by compute shaders that a person can read.')
    .version(version)
    .showHelpAfterError("Run 'wgrad --help' for the commands.")
    .exitOverride(({ exitCode }) => exit(exitCode === 0 ? 0 : 2));
  const adders = [
    ...[addTrain, addEvaluate, addPredict, addExplain, addDemo, addStudio],
    ...[addCheck, addBench, addInfo, addSummary, addConvert, addExport, addSetup],
  ];
  for (const add of adders) add(program);
  program.hook('preAction', (_, command) => refuseEmpty(command));
  for (const command of program.commands) command.showHelpAfterError(`Run 'wgrad ${command.name()} --help' for its options.`);
  return program;
}

/** Ends where a file or folder has an empty name, as of a shell's variable that is not set: messages about it would name nothing. */
function refuseEmpty(command: Command): void {
  const option = command.options.find(each => /(dir|file)[>\]]/.test(each.flags) && command.getOptionValue(each.attributeName()) === '');
  if (option) command.error(`error: option '${option.flags}' is empty`);
  const index = command.args.indexOf('');
  if (index >= 0) command.error(`error: argument ${index + 1} is empty`);
}
