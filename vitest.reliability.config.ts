import { defineConfig } from 'vitest/config';
import { reliabilityTests } from './vitest.config.ts';

export default defineConfig({ test: { include: reliabilityTests, testTimeout: 60_000 } });
