import type { Command } from '../command.ts'
import { checkConfig } from './check-config.ts'
import { backupCommand, migrateDown, migrateStatus, migrateUp, restoreCommand } from './database.ts'
import {
  abortRollout,
  listExperiments,
  listRollouts,
  pauseExperiment,
  pauseRollout,
  resumeExperiment,
  resumeRollout,
  showExperiment,
  showResults,
  showRollout,
  startExperiment,
  startRollout,
  stopExperiment,
} from './experiments.ts'
import { exportCommand, importCommand, pullPrompts, pushPrompts } from './interchange.ts'
import { createKey, listKeys, revokeKey } from './keys.ts'
import { diffPrompt, listPrompts, renderPrompt, showPrompt } from './prompts-read.ts'
import { labelPrompt, rollbackPrompt, testPrompt } from './prompts-write.ts'
import { startCommand } from './start.ts'

/** Every command, in the order of the help. A new one is one line here. */
export const commands: readonly Command[] = [
  startCommand,
  checkConfig,
  listPrompts,
  showPrompt,
  diffPrompt,
  renderPrompt,
  pushPrompts,
  pullPrompts,
  labelPrompt,
  rollbackPrompt,
  testPrompt,
  importCommand,
  exportCommand,
  listExperiments,
  showExperiment,
  showResults,
  startExperiment,
  pauseExperiment,
  resumeExperiment,
  stopExperiment,
  listRollouts,
  showRollout,
  startRollout,
  pauseRollout,
  resumeRollout,
  abortRollout,
  listKeys,
  createKey,
  revokeKey,
  migrateUp,
  migrateStatus,
  migrateDown,
  backupCommand,
  restoreCommand,
]
