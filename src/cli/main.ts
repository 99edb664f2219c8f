#!/usr/bin/env node
import { followParent } from './common.js';
import { guardOutput } from './output.js';
import { makeProgram } from './program.js';

guardOutput();
followParent();

await makeProgram(code => process.exit(code)).parseAsync();
