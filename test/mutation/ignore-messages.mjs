/** Leaves texts for people alone: what an error says may be worded in any way, so no test should pin it down. */
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

const ERROR = /(Error|Failure)$/;

/** A text within `new …Error(…)`. A code in there, `ENETDOWN`, is one word, and is no text. */
const messages = {
  shouldIgnore(path) {
    const isText = path.isTemplateLiteral() || (path.isStringLiteral() && path.node.value.includes(' '));
    if (!isText) return undefined;
    const thrown = path.findParent(parent => parent.isNewExpression());
    return ERROR.test(thrown?.node.callee.name ?? '') ? 'the text of an error' : undefined;
  },
};

export const strykerPlugins = [declareValuePlugin(PluginKind.Ignore, 'messages', messages)];
