/** Each switch of the Quectel set does what its sentence says. */
import { describe, expect, it } from 'vitest';
import { simFaultsOf } from '../../../src/sim/index.ts';
import { argumentForms, spellings } from './form-switches.ts';
import { linePorts, openingAndClosing, servers } from './opening-switches.ts';
import type { Fault } from './scene.ts';
import { receiving, sending } from './transfer-switches.ts';

const known = simFaultsOf('quectel-qfwd');
const tested = new Set<string>();

const fault: Fault = (name, test) => {
  tested.add(name);
  it(`${name}: ${known[name]?.does}`, () => test({ faults: [name], seed: 1 }));
};

describe('spellings', () => spellings(fault));
describe('arguments', () => argumentForms(fault));
describe('receiving', () => receiving(fault));
describe('sending', () => sending(fault));
describe('opening and closing', () => openingAndClosing(fault));
describe('servers', () => servers(fault));
describe('the port that the line is', () => linePorts(fault));

it('every switch is tested', () => {
  const shared = Object.keys(simFaultsOf('sequans'));
  const own = Object.keys(known).filter(name => !shared.includes(name));
  expect([...tested]).toEqual(expect.arrayContaining(own));
});
