#!/usr/bin/env node
import { followParent, isToldApart, startAgain } from './common.js';
import { guardOutput } from './output.js';
import { makeProgram } from './program.js';

guardOutput();
followParent();

if (isToldApart(process.argv[2])) await startAgain({ WGRAD_QUIET: '1' });
else await makeProgram(code => process.exit(code)).parseAsync();
