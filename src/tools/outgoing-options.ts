/** Options of what goes out (web hook, mail, MQTT), for any command that has events: added to it, and read from it. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { type Command, Option } from 'commander';
import type { MailOptions } from '../outgoing/mail.ts';
import type { BridgeOptions } from '../outgoing/mqtt.ts';
import type { OutgoingOptions } from '../outgoing/outgoing.ts';
import { parseSecret } from '../outgoing/signature.ts';
import { isTopicPrefix } from '../outgoing/topics.ts';
import { overModem, overThisComputer } from '../outgoing/webhook-ways.ts';
import { isLoopback, isSubnet } from '../util/address-rules.ts';
import { readPrivateFile } from '../util/private-file.ts';
import { readLoginFile } from './login-file.ts';
import { UsageError } from './options.ts';
import { complain } from './output.ts';
import { textsThat, textThat, urlOf } from './value-readers.ts';

/** Plain ASCII: no quotes, no comments, nothing that could end a header. */
const isMailAddress = (text: string): boolean =>
  /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}$/.test(text);

const topic = textThat(isTopicPrefix, 'letters, digits, ., _ and -, with / between them');

export interface OutgoingFlags {
  readonly gateway: string;
  readonly webhook?: URL;
  readonly webhookSecret?: string;
  readonly webhookAllow?: readonly string[];
  readonly webhookOverModem?: true;
  readonly mailTo?: readonly string[];
  readonly mailFrom?: string;
  readonly smtp?: URL;
  readonly smtpLogin?: string;
  readonly mqtt?: URL;
  readonly mqttLogin?: string;
  readonly mqttCert?: string;
  readonly mqttKey?: string;
  readonly mqttTopic?: string;
  readonly homeAssistant?: string;
  readonly notify?: string;
}

export const addOutgoingOptions = (command: Command): Command =>
  command
    .option(
      '--gateway <name>',
      'what this computer is called in web hooks, mails and topics',
      textThat(text => /^[\w-]{1,32}$/.test(text), 'letters, digits, _ and -, 32 at most'),
      hostname().replace(/[^\w-].*/s, '') || 'gateway',
    )
    .addOption(
      new Option('--webhook <url>', 'post each event there')
        .env('ATSOCK_WEBHOOK')
        .argParser(urlOf('https', 'http')),
    )
    .option('--webhook-secret <file>', 'whsec_… that signs what is posted, in a file of mode 600')
    .option(
      '--webhook-allow <subnet>',
      'it may lie in this private network; repeatable',
      textsThat(isSubnet, 'a subnet, such as 192.168.0.0/16, or an address'),
    )
    .addOption(
      new Option('--webhook-over-modem', "through the modem's connections, not this computer's").conflicts(
        'webhookAllow',
      ),
    )
    .option(
      '--mail-to <address>',
      'send each received message there by mail; repeatable',
      textsThat(isMailAddress, 'a mail address'),
    )
    .option(
      '--mail-from <address>',
      'who sends the mails (default: the first receiver)',
      textThat(isMailAddress, 'a mail address'),
    )
    .option('--smtp <url>', 'the mail server, smtps://host or smtp://host:587', urlOf('smtps', 'smtp'))
    .option('--smtp-login <file>', 'USER:PASSWORD for it, in a file of mode 600')
    .option('--mqtt <url>', 'publish events to this broker, take orders from it', urlOf('mqtts', 'mqtt'))
    .option('--mqtt-login <file>', 'USER:PASSWORD for it, in a file of mode 600')
    .option('--mqtt-cert <file>', 'certificate chain of this computer in PEM, for the broker')
    .option('--mqtt-key <file>', 'its private key in PEM, in a file of mode 600')
    .option('--mqtt-topic <prefix>', 'of all topics (default: atsock/GATEWAY)', topic)
    .addOption(
      new Option('--home-assistant [topic]', 'appear there as a device, by its MQTT discovery')
        .preset('homeassistant')
        .argParser(topic),
    )
    .option(
      '--notify <number>',
      'send notifications of Home Assistant to this number',
      textThat(text => /^\+?\d{3,20}$/.test(text), 'a telephone number'),
    );

/** Says what passes in the clear. @throws UsageError; Error for files that others could read */
export function readOutgoing(flags: OutgoingFlags): OutgoingOptions {
  return { webhook: readWebhook(flags), mail: readMail(flags), mqtt: readBridge(flags) };
}

function readWebhook(flags: OutgoingFlags): OutgoingOptions['webhook'] {
  const { gateway, webhook: url, webhookSecret, webhookAllow = [], webhookOverModem } = flags;
  need(url, '--webhook', {
    '--webhook-secret': webhookSecret,
    '--webhook-allow': flags.webhookAllow,
    '--webhook-over-modem': webhookOverModem,
  });
  if (!url) return undefined;
  if (webhookSecret === undefined) throw new UsageError('--webhook needs --webhook-secret FILE');
  if (url.protocol === 'http:') warn(url, 'what is posted');
  const secret = parseSecret(readPrivateFile(webhookSecret));
  return { gateway, url, secret, way: webhookOverModem ? overModem : () => overThisComputer(webhookAllow) };
}

function readMail({ gateway, mailTo, mailFrom, smtp, smtpLogin }: OutgoingFlags): MailOptions | undefined {
  need(mailTo, '--mail-to', { '--mail-from': mailFrom, '--smtp': smtp, '--smtp-login': smtpLogin });
  const [first] = mailTo ?? [];
  if (!mailTo || first === undefined) return undefined;
  if (!smtp) throw new UsageError('--mail-to needs --smtp URL');
  const login = smtpLogin === undefined ? undefined : readLoginFile(smtpLogin);
  return { gateway, server: smtp, login, from: mailFrom ?? first, to: mailTo };
}

function readBridge(flags: OutgoingFlags): BridgeOptions | undefined {
  const { gateway, mqtt, mqttLogin, mqttCert, mqttKey, mqttTopic, homeAssistant, notify } = flags;
  need(mqtt, '--mqtt', {
    '--mqtt-login': mqttLogin,
    '--mqtt-cert': mqttCert,
    '--mqtt-key': mqttKey,
    '--mqtt-topic': mqttTopic,
    '--home-assistant': homeAssistant,
  });
  need(homeAssistant, '--home-assistant', { '--notify': notify });
  if (!mqtt) return undefined;
  if ((mqttCert === undefined) !== (mqttKey === undefined))
    throw new UsageError('--mqtt-cert and --mqtt-key belong together');
  if (mqtt.protocol === 'mqtt:') warn(mqtt, 'messages and passwords');
  return {
    gateway,
    broker: mqtt,
    login: mqttLogin === undefined ? undefined : readLoginFile(mqttLogin),
    cert: mqttCert === undefined ? undefined : readFileSync(mqttCert, 'utf8'),
    key: mqttKey === undefined ? undefined : readPrivateFile(mqttKey),
    prefix: mqttTopic ?? `atsock/${gateway}`,
    discovery: homeAssistant,
    notify,
  };
}

/** @throws UsageError for options that mean nothing without another one */
function need(main: unknown, name: string, others: Readonly<Record<string, unknown>>): void {
  if (main !== undefined) return;
  const [given] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
  if (given !== undefined) throw new UsageError(`${given} needs ${name}`);
}

function warn({ hostname: host, protocol }: URL, what: string): void {
  if (!isLoopback(host.replace(/^\[|\]$/g, '')))
    complain(`${what} pass in the clear to ${protocol}//${host}`);
}
