/**
 * What a tier must look like in the settings that a server tells. A setting is known by its own
 * name, so that no broker is named here; where none is known, the tier cannot be told from them.
 */
import type { Tier } from '../../brokers/servers/server.ts';
import type { SettingClaim } from './claims.ts';

type Settings = Readonly<Record<string, string>>;

const APPEND_ONLY: Readonly<Record<Tier, (settings: Settings) => boolean>> = {
  memory: ({ appendonly }) => appendonly === 'no',
  everysec: ({ appendonly, appendfsync }) => appendonly === 'yes' && appendfsync === 'everysec',
  kill: ({ appendonly, appendfsync }) => appendonly === 'yes' && appendfsync === 'no',
  power: ({ appendonly, appendfsync }) => appendonly === 'yes' && appendfsync === 'always',
};

/** The label of a tier against what was read back from the server. */
export function tierClaims(tier: Tier, settings: Settings): SettingClaim[] {
  const claims: SettingClaim[] = [];
  const what = 'tier';
  if ('appendonly' in settings) {
    const found = `appendonly ${settings.appendonly}, appendfsync ${settings.appendfsync}`;
    claims.push({ what, labelled: tier, found, holds: APPEND_ONLY[tier](settings) });
  }
  if ('flush.messages' in settings) {
    const every = settings['flush.messages'];
    const found = `flush.messages ${every}`;
    // Each message is flushed before its acknowledgement, or the system decides when.
    const holds = tier === 'power' ? every === '1' : every !== '1';
    claims.push({ what, labelled: tier, found, holds });
  }
  if ('messages-storage' in settings) {
    const stored = settings['messages-storage'];
    const holds = (tier === 'memory') === (stored === 'no');
    claims.push({ what, labelled: tier, found: `messages-storage ${stored}`, holds });
  }
  if ('synchronous_commit' in settings) {
    const found = `synchronous_commit ${settings.synchronous_commit}, fsync ${settings.fsync}`;
    const holds = settings.synchronous_commit === 'on' && settings.fsync === 'on';
    claims.push({ what, labelled: tier, found, holds: (tier === 'power') === holds });
  }
  // A tier that promises nothing asks for no setting.
  if (claims.length === 0 && tier !== 'memory') {
    const found = settings.persistence ?? 'no setting that decides it is known';
    claims.push({ what, labelled: tier, found, holds: undefined });
  }
  return claims;
}
