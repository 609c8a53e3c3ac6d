import { ConfigError, readConfig } from './config.ts'
import { startApplication } from './app.ts'
import { createLog } from './telemetry/log.ts'
import { welcome } from './welcome.ts'

/** Ctrl-C in a terminal reaches this process twice, from the terminal and passed on by npm; that is one wish. */
const sameSignalMs = 500

/**
 * The process. Starts, says where it is and how to use it, and stops gracefully on SIGTERM and SIGINT; a second signal
 * after that ends it at once. A defect nobody caught ends the process too, after the records are safe: state after it is unknown.
 */
async function main(): Promise<void> {
  let config
  try {
    config = readConfig(process.env, { cwd: process.cwd() })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 2
    return
  }
  const observe = createLog({ level: config.logLevel })
  const starting = startApplication(config, observe)

  let stoppingSince: number | null = null
  const stop = (exitCode: number): void => {
    if (stoppingSince !== null) {
      if (exitCode === 0 && performance.now() - stoppingSince < sameSignalMs) return
      process.exit(exitCode === 0 ? 130 : exitCode)
    }
    stoppingSince = performance.now()
    starting
      .then((application) => application.stop())
      .then(
        () => process.exit(exitCode),
        (error: unknown) => {
          observe({ type: 'defect', where: 'stop', error })
          process.exit(1)
        },
      )
  }
  // From the first moment on: what is half started is started whole and then stopped, so that nothing is left behind.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(0))
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      observe({ type: 'defect', where: event, error })
      stop(1)
    })
  }

  try {
    const application = await starting
    if (!config.production) process.stdout.write(welcome(application))
  } catch (error) {
    process.stderr.write(`Promptbox cannot start. ${error instanceof Error ? error.message : String(error)}\n`)
    if (config.logLevel === 'debug') process.stderr.write(`${error instanceof Error ? (error.stack ?? '') : ''}\n`)
    process.exit(1)
  }
}

await main()
