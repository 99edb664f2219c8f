#!/usr/bin/env node
import { Command } from 'commander';
import { version } from '../node/paths.js';
import { addBench } from './bench.js';
import { addCheck } from './check.js';
import { addDemo } from './demo.js';
import { addEvaluate } from './evaluate.js';
import { addExplain } from './explain.js';
import { addInfo } from './info.js';
import { guardOutput } from './output.js';
import { addPredict } from './predict.js';
import { addSetup } from './setup.js';
import { addStudio } from './studio.js';
import { addSummary } from './summary.js';
import { addTrain } from './train.js';

guardOutput();

const program = new Command('wgrad')
  .description('Trains convolutional networks by compute shaders that a person can read.')
  .version(version)
  .showHelpAfterError("Run 'wgrad --help' for the commands.")
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));

addTrain(program);
addEvaluate(program);
addPredict(program);
addExplain(program);
addDemo(program);
addStudio(program);
addCheck(program);
addBench(program);
addInfo(program);
addSummary(program);
addSetup(program);

await program.parseAsync();
