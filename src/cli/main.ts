#!/usr/bin/env node
import { guardOutput } from './output.js';
import { makeProgram } from './program.js';

guardOutput();

await makeProgram(code => process.exit(code)).parseAsync();
