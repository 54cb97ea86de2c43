import type { FaultDescription } from '../src/faults/fault.ts';

export function renderFaults(catalogue: readonly FaultDescription[]): string;
