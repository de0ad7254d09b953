/**
 * A long run in shares: `ATSOCK_SHARE=2/5` leaves all but the second fifth of the functions alone. Which fifth a function is in
 * depends on its own text, so that all shares together are the whole.
 */
import { createHash } from 'node:crypto';
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

const [, share = 1, shares = 1] = /^(\d+)\/(\d+)$/.exec(process.env.ATSOCK_SHARE ?? '')?.map(Number) ?? [];

const oneShare = {
  shouldIgnore(path) {
    if (!path.isFunction() || path.getFunctionParent()) return undefined;
    const hash = createHash('sha256').update(path.toString()).digest().readUInt32BE();
    return hash % shares === share % shares ? undefined : 'another share';
  },
};

export const strykerPlugins = [declareValuePlugin(PluginKind.Ignore, 'share', oneShare)];
