import type { Config } from './config.js';
import { ROBOT_SECRET } from '../robots/own-login.js';

/** The names of the operator's own Secrets, which no mirror can refer to: its logins to Harbor, Harbor's CA, the key for HMACs. */
export function ownSecretNames({ harborLogin, harborCaSecret, keySecret }: Config): ReadonlySet<string> {
  const login = harborLogin.kind === 'secret' ? harborLogin.name : undefined;
  return new Set([login, harborCaSecret, keySecret, ROBOT_SECRET].filter((name) => name !== undefined));
}
