// `node --import ./test/support/typescript.mjs FILE.ts` runs a script of this project as it stands in the sources.
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
