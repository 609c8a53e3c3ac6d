import type { Application } from './app.ts'

/** What a person sees after the start: where it is, how to get the admin key and the command line, one line that works as pasted. */
export function welcome(application: Application): string {
  const { url, adminKeyFile, demoKey } = application
  const key = demoKey ?? '$PROMPTBOX_KEY'
  const body = '{"model":"prompt:clarifying-question","stream":true,"prompt_variables":{"request":"Book me a table"}}'
  return [
    '',
    `  Promptbox answers at   ${url}/v1`,
    `  Admin API and its page ${url}/admin/docs`,
    adminKeyFile === null
      ? '  Admin key              the one in PROMPTBOX_ADMIN_KEY'
      : `  Admin key              cat '${adminKeyFile}'`,
    ...(demoKey === null ? [] : [`  Demo key               ${demoKey}`]),
    '  Command line           npx promptbox --help (in the image: promptbox --help)',
    '',
    ...(demoKey === null
      ? [`  Make a key with POST ${url}/admin/v1/keys, set PROMPTBOX_KEY to it, then:`]
      : ['  Try it:']),
    '',
    `  curl -N ${url}/v1/chat/completions -H "Authorization: Bearer ${key}" -H "Content-Type: application/json" -d '${body}'`,
    '',
    '',
  ].join('\n')
}
