import type { AdminDependencies } from '../../admin/dependencies.ts'
import { exportPrompts } from '../../admin/export-prompts.ts'
import { type ImportRow, type LabelMoves, importPrompts } from '../../admin/import-prompts.ts'
import { missingGuardrails } from '../../admin/known-guardrails.ts'
import { moveLabel, refusalOfMove } from '../../admin/move-label.ts'
import { asBundle, readImportFiles } from '../../admin/read-import-files.ts'
import * as interchange from '../../contract/admin/interchange.ts'
import { OtherMedia } from './json-text.ts'
import type { Mount } from './mount.ts'

/** Of the text of one file that nobody named: as the format wants files to end. */
const textFileNames: Readonly<Record<string, string>> = {
  promptbox: 'bundle.yaml',
  openai: 'imported.py',
  litellm: 'imported.prompt',
  tensorzero: 'tensorzero.toml',
  markdown: 'imported.md',
}

export function mountInterchange(
  mount: Mount,
  dependencies: Pick<AdminDependencies, 'stores' | 'snapshot' | 'runGate'>,
): void {
  const { stores, runGate = null } = dependencies
  const { prompts } = stores
  const labels: LabelMoves = {
    move: (actor, slug, label, version, reason) =>
      moveLabel({ prompts, runGate }, actor, slug, { label, version, reason }),
    wouldRefuse: (actor, slug, label, version) => refusalOfMove(stores, actor, slug, { label, version }),
  }

  mount(interchange.exportPrompts, async ({ actor, query: { format = 'json', ...asked } }) => {
    const text = await exportPrompts(prompts, actor.tenantId, asked, format)
    return new OtherMedia(text, `application/${format}; charset=UTF-8`)
  })

  mount(interchange.importPrompts, async ({ actor, query, body }) => {
    const { format = 'promptbox', dry_run: dryRun = false, on_conflict: onConflict = 'add_version', model } = query
    const files = readImportFiles(body, {
      textName: query.file ?? textFileNames[format],
      ...(format === 'promptbox' ? { whole: asBundle } : {}),
    })
    const report = await importPrompts({ prompts, labels, missingGuardrails: missingGuardrails(dependencies) }, actor, {
      format,
      files,
      dryRun,
      onConflict,
      model,
    })
    const count = (...actions: readonly ImportRow['action'][]): number =>
      report.prompts.filter(({ action }) => actions.includes(action)).length
    return {
      dry_run: dryRun,
      format,
      created: count('create'),
      changed: count('add_versions', 'move_labels', 'change_metadata'),
      unchanged: count('unchanged'),
      refused: count('conflict', 'refused'),
      prompts: report.prompts.map(rowJson),
      notes: report.notes.map((note) => ({ ...note })),
    }
  })
}

function rowJson({ slug, action, versionsAdded, labels, problems, warnings }: ImportRow) {
  return {
    slug,
    action,
    versions_added: versionsAdded,
    labels: labels.map((move) => ({ ...move })),
    problems: [...problems],
    warnings: [...warnings],
  }
}
