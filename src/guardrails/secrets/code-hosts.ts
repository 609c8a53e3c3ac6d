import { anyHex, base36, base62, base64url, dash, equals, hex, underscore, upperBase36 } from './alphabet.ts'
import { checkGitHub } from './checksums.ts'
import type { Credential } from './credential.ts'
import { between, run } from './shape.ts'

/** Hosts of code, registries of packages, and what builds and deploys them. */
export const codeHosts: readonly Credential[] = [
  { kind: 'github_personal_token', prefixes: ['ghp_'], parts: [run(base62, 36)], check: checkGitHub },
  { kind: 'github_oauth_token', prefixes: ['gho_'], parts: [run(base62, 36)], check: checkGitHub },
  { kind: 'github_app_token', prefixes: ['ghu_', 'ghs_'], parts: [run(base62, 36)], check: checkGitHub },
  { kind: 'github_refresh_token', prefixes: ['ghr_'], parts: [run(base62, 36)], check: checkGitHub },
  { kind: 'github_refresh_token', prefixes: ['ghr_'], parts: [run(base62, 76)] },
  { kind: 'github_fine_grained_token', prefixes: ['github_pat_'], parts: [run(base62, 22), '_', run(base62, 59)] },
  {
    kind: 'gitlab_personal_token',
    prefixes: ['glpat-'],
    parts: [between(base64url, 27, 300), '.', run(base36, 9)],
    isEncoded: true,
  },
  {
    kind: 'gitlab_personal_token',
    prefixes: ['glpat-'],
    parts: [between(base64url, 27, 300), '.', run(base36, 2), '.', run(base36, 9)],
    isEncoded: true,
  },
  { kind: 'gitlab_personal_token', prefixes: ['glpat-'], parts: [run(base64url, 20)] },
  { kind: 'gitlab_deploy_token', prefixes: ['gldt-'], parts: [run(base64url, 20)] },
  {
    kind: 'gitlab_runner_token',
    prefixes: ['glrt-'],
    parts: [between(base64url, 27, 303), '.', run(base36, 2), '.', run(base36, 9)],
    isEncoded: true,
  },
  {
    kind: 'gitlab_runner_token',
    prefixes: ['glrt-'],
    parts: [between(base64url, 27, 303), '.', run(base36, 9)],
    isEncoded: true,
  },
  { kind: 'gitlab_runner_token', prefixes: ['glrt-', 'GR1348941'], parts: [run(base64url, 20)] },
  { kind: 'gitlab_ci_job_token', prefixes: ['glcbt-'], parts: [between(base64url, 22, 26)] },
  { kind: 'gitlab_trigger_token', prefixes: ['glptt-'], parts: [run(hex, 40)] },
  { kind: 'gitlab_feed_token', prefixes: ['glft-', 'glsoat-', 'glffct-'], parts: [run(base64url, 20)] },
  { kind: 'gitlab_mail_token', prefixes: ['glimt-'], parts: [run(base64url, 25)] },
  { kind: 'gitlab_agent_token', prefixes: ['glagent-'], parts: [run(base64url, 50)] },
  { kind: 'gitlab_application_secret', prefixes: ['gloas-'], parts: [run(base64url, 64)] },
  {
    kind: 'atlassian_api_token',
    prefixes: ['ATATT3', 'ATCTT3'],
    parts: [between(base62 | dash | underscore | equals, 183, 189)],
  },
  { kind: 'bitbucket_app_password', prefixes: ['ATBB'], parts: [run(base62, 32)] },
  { kind: 'npm_access_token', prefixes: ['npm_'], parts: [run(base62, 36)] },
  {
    kind: 'pypi_api_token',
    prefixes: ['pypi-AgEIcHlwaS5vcmc', 'pypi-AgENdGVzdC5weXBpLm9yZw'],
    parts: [between(base64url, 50, 1_000)],
    isEncoded: true,
  },
  { kind: 'rubygems_api_key', prefixes: ['rubygems_'], parts: [run(hex, 48)] },
  { kind: 'crates_api_token', prefixes: ['cio'], parts: [run(base62, 32)] },
  { kind: 'nuget_api_key', prefixes: ['oy2'], parts: [run(base36, 43)] },
  { kind: 'clojars_api_token', prefixes: ['CLOJARS_'], parts: [run(base36, 60)] },
  { kind: 'dockerhub_access_token', prefixes: ['dckr_pat_'], parts: [run(base64url, 27)] },
  { kind: 'dockerhub_organization_token', prefixes: ['dckr_oat_'], parts: [run(base64url, 32)] },
  { kind: 'artifactory_api_key', prefixes: ['AKCp'], parts: [run(base62, 69)] },
  { kind: 'artifactory_reference_token', prefixes: ['cmVmd'], parts: [run(base62, 59)] },
  {
    kind: 'sourcegraph_access_token',
    prefixes: ['sgp_'],
    parts: [run(anyHex, 16), '_', run(anyHex, 40)],
  },
  { kind: 'sourcegraph_access_token', prefixes: ['sgp_', 'sgp_local_'], parts: [run(anyHex, 40)], entropy: 2.6 },
  { kind: 'circleci_personal_token', prefixes: ['CCIPAT_'], parts: [run(base62, 22), '_', run(hex, 40)] },
  { kind: 'buildkite_api_token', prefixes: ['bkua_'], parts: [run(hex, 40)] },
  { kind: 'sonarqube_token', prefixes: ['squ_', 'sqp_', 'sqa_'], parts: [run(hex, 40)] },
  { kind: 'prefect_api_key', prefixes: ['pnu_', 'pnb_'], parts: [run(base62, 36)] },
  { kind: 'octopus_api_key', prefixes: ['API-'], parts: [run(upperBase36, 26)], entropy: 3.3 },
  {
    kind: 'harness_api_key',
    prefixes: ['pat.', 'sat.'],
    parts: [run(base64url, 22), '.', run(base62, 24), '.', run(base62, 20)],
  },
]
