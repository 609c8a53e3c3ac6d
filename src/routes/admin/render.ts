import type { AdminDependencies } from '../../admin/dependencies.ts'
import { type Rendering, renderPrompt } from '../../admin/render-prompt.ts'
import { type RenderAnswer, renderPrompt as endpoint } from '../../contract/admin/render.ts'
import type { JsonObject } from '../../core/json.ts'
import { JsonText } from './json-text.ts'
import type { Mount } from './mount.ts'

export function mountRender(mount: Mount, { snapshot }: Pick<AdminDependencies, 'snapshot'>): void {
  mount(endpoint, async ({ actor, body }) => {
    const served = snapshot()
    const rendering = renderPrompt(served, actor, { ...body, variables: body.variables as JsonObject | undefined })
    return renderingJson(rendering, served.version)
  })
}

function renderingJson({ slug, version, label, compiled, expanded }: Rendering, snapshotVersion: string): RenderAnswer {
  const [model = '', ...fallbacks] = compiled.models
  const parameters = [...expanded.members].filter(([name]) => name !== 'messages' && name !== 'model')
  return {
    prompt: slug,
    version: version.number,
    hash: version.hash,
    label,
    locale: compiled.locale,
    model,
    fallback_models: fallbacks,
    messages: new JsonText(expanded.members.get('messages') ?? '[]'),
    parameters: Object.fromEntries(parameters.map(([name, text]) => [name, new JsonText(text)])),
    locked: [...compiled.locked],
    timeout_ms: compiled.timeoutMs,
    retries: compiled.retries,
    warnings: [...expanded.warnings],
    snapshot_version: snapshotVersion,
  }
}
