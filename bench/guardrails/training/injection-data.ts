import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type Windowing, windowScanner } from '../../../src/guardrails/window-scanner.ts'

/** One text of the data, as far as training and calibration need it. */
export interface InjectionRow {
  readonly id: string
  readonly text: string
  readonly label: 0 | 1
  readonly kind: string
  readonly source: string
  /** `core`: what a detector should find; `hard`: what an offline one is not expected to. */
  readonly tier: 'core' | 'hard'
}

/** The rows of `injection.dev.jsonl.gz` in `folder`; undefined: it is not there. */
export function readInjectionRows(folder: string): InjectionRow[] | undefined {
  const path = join(folder, 'injection.dev.jsonl.gz')
  if (!existsSync(path)) return undefined
  const lines = gunzipSync(readFileSync(path)).toString('utf8').split('\n')
  return lines.filter((line) => line !== '').map((line): InjectionRow => JSON.parse(line) as InjectionRow)
}

/** The repository a row comes from, without its file and version. */
export function repositoryOf(row: InjectionRow): string {
  return /^[^\s:@]+/.exec(row.source)?.[0] ?? row.source
}

/** Repositories that share texts or a way of writing are left out together; the others each alone. */
const folds: Readonly<Record<string, string>> = {
  'NVIDIA/garak': 'small attack collections',
  'Giskard-AI/prompt-injections': 'small attack collections',
  'sherdencooper/GPTFuzz': 'small attack collections',
  'JailbreakBench/artifacts': 'small attack collections',
  'microsoft/BIPIA': 'small attack collections',
  'f/awesome-chatgpt-prompts': 'personas',
  'PlexPt/awesome-chatgpt-prompts-zh': 'personas',
  'lmarena/arena-hard-auto': 'real users',
  'lm-sys/FastChat': 'real users',
  'yizhongw/self-instruct': 'tasks',
  'openai/gsm8k': 'tasks',
}

export function foldOf(row: InjectionRow): string {
  const repository = repositoryOf(row)
  return folds[repository] ?? repository
}

/**
 * Requests for something harmful, reworded by a model or followed by optimised letters, are no injection: a model that
 * learns them as such flags harmless requests about harmful topics.
 */
export function isForTraining(row: InjectionRow): boolean {
  return !/PAIR|GCG/.test(row.kind)
}

/** The windows of a text, each with its context, as the guardrail judges them. */
export function windowsOf(text: string, windowing: Windowing): string[] {
  const windows: string[] = []
  const scanner = windowScanner((window) => {
    windows.push(window)
    return []
  }, windowing)
  scanner.push(text, [])
  scanner.end([])
  return windows
}
