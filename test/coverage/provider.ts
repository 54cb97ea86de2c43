import v8 from '@vitest/coverage-v8';
import { V8CoverageProvider } from '@vitest/coverage-v8/dist/provider.js';

import { childFolder, scriptsOfChildren, sourcesOf } from './children-scripts.ts';
import type { Script } from './children-scripts.ts';
import { raise } from './raise.ts';
import type { FileCounts } from './raise.ts';

type Run = Parameters<V8CoverageProvider['generateCoverage']>[0];

/** What is used here of the provider and of its map, neither of which has types for it. */
interface Converter {
  remapCoverage(
    url: string,
    wrapperLength: number,
    sources: ReturnType<typeof sourcesOf>,
    functions: Script['functions'],
  ): Promise<Readonly<Record<string, FileCounts>>>;
}
interface CoverageMap {
  readonly data: Readonly<Record<string, { readonly data: FileCounts }>>;
}

/** What the tests ran in their own process, as Vitest counts it, and what the programs that they started ran. */
class WithChildren extends V8CoverageProvider {
  override async generateCoverage(run: Run): Promise<never> {
    const map: unknown = await super.generateCoverage(run);
    const converter = this as unknown as Converter;
    for (const { url, functions } of scriptsOfChildren(childFolder)) {
      const converted = await converter.remapCoverage(url, 0, sourcesOf(url), functions);
      for (const [file, counts] of Object.entries(converted)) {
        const own = (map as CoverageMap).data[file];
        if (own) raise(own.data, counts);
      }
    }
    return map as never;
  }
}

export default { ...v8, getProvider: () => new WithChildren() };
