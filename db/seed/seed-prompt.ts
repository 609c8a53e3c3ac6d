import type { VersionBody } from '../../src/prompts/compiled-version.ts'
import type { PromptMetadata } from '../../src/store/ports.ts'

/** A prompt as `PromptStore.create` takes it, with its first version. */
export interface SeedPrompt extends PromptMetadata {
  readonly slug: string
  readonly version: VersionBody
  readonly labels: readonly string[]
}
