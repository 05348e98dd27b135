import type { OwnHarbor } from '../harbor/session/address.js';
import type { Config } from './config.js';

/** The Harbor that mirrors without `spec.harbor` use. */
export function ownHarborOf(config: Config): OwnHarbor {
  return {
    url: config.harborUrl,
    pullHost: config.harborPullHost,
    login: config.harborLogin,
    caSecret: config.harborCaSecret,
    insecureSkipTLSVerify: config.harborInsecureSkipTLSVerify,
  };
}
