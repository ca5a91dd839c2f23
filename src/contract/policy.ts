/** What is good enough: the policy that a coalition adopts, and the pins of one machine. */
import { z } from 'zod';
import { BINDING_PURPOSE, PIN_NAMES, readIsoTime, TCB_STATUSES } from '../protocol/attestation/index.ts';
import { hex } from './shapes.ts';

export const pins = z.object({
  mrtd: z.array(hex(48)).max(64).optional(),
  rtmr0: z.array(hex(48)).max(64).optional(),
  rtmr1: z.array(hex(48)).max(64).optional(),
  rtmr2: z.array(hex(48)).max(64).optional(),
  rtmr3: z.array(hex(48)).max(64).optional(),
});
export type Pins = z.infer<typeof pins>;
export const register = z.enum(['mrtd', 'rtmr0', 'rtmr1', 'rtmr2', 'rtmr3']);
export type Register = z.infer<typeof register>;

/** Hex of either case, as people paste it. */
const pastedHex = (bytes: number): z.ZodString =>
  z
    .string()
    .regex(/^[0-9a-fA-F]*$/, 'expected hex')
    .length(bytes * 2);
const words = (longest: number, besides = ''): z.ZodString =>
  z.string().regex(new RegExp(`^(?:[^\\u0000-\\u001f\\u007f]${besides}){1,${longest}}$`));
const number = (max: number): z.ZodNumber => z.number().int().min(0).max(max);
const values = <T extends z.ZodType>(item: T): z.ZodArray<T> => z.array(item).max(4096);
type PinName = (typeof PIN_NAMES)[number];
const forEachPin = <T extends z.ZodType>(shape: T): Record<PinName, z.ZodOptional<T>> =>
  Object.fromEntries(PIN_NAMES.map((pin) => [pin, shape.optional()])) as Record<PinName, z.ZodOptional<T>>;
const permission = z.enum(['allowed', 'refused']);
const bit = (text: string, i: number): number => Number.parseInt(text[i] ?? '0', 16);
/** Hex of 8 bytes each, in the order of the bytes of the TD report. */
const bitMask = z
  .strictObject({ mask: pastedHex(8), value: pastedHex(8) })
  .refine(({ mask, value }) => [...value].every((_, i) => (bit(value, i) & ~bit(mask, i)) === 0), {
    error: 'the value sets a bit that the mask leaves out',
  });

const policyRules = z.strictObject({
  acceptedStatuses: values(z.enum(TCB_STATUSES)).optional(),
  grace: z
    .strictObject({ collateralDays: number(3650).optional(), platformDays: number(3650).optional() })
    .optional(),
  refusedAdvisories: values(z.string().regex(/^[\x21-\x7e]{1,64}$/)).optional(),
  tdAttributes: bitMask.optional(),
  xfam: bitMask.optional(),
  requireSeptVeDisable: z.boolean().optional(),
  allowMigratable: z.boolean().optional(),
  allowServiceTd: z.boolean().optional(),
  allowPerfmon: z.boolean().optional(),
  dynamicPlatform: permission.optional(),
  cachedKeys: permission.optional(),
  smt: permission.optional(),
  pins: z.strictObject(forEachPin(values(pastedHex(48)))).optional(),
  jointPins: z
    .array(
      z
        .strictObject({ name: words(64), ...forEachPin(pastedHex(48)) })
        .refine((set) => PIN_NAMES.some((pin) => set[pin] !== undefined), {
          error: 'the set pins no measurement',
        }),
    )
    .max(64)
    .optional(),
  reportData: z
    .strictObject({
      exact: pastedHex(64).optional(),
      prefix: z
        .string()
        .regex(/^(?:[0-9a-fA-F]{2})*$/)
        .max(128)
        .optional(),
      hashOf: z
        .strictObject({
          purpose: z.string().regex(BINDING_PURPOSE),
          nonce: pastedHex(32),
          key: pastedHex(32),
          coalition: pastedHex(32),
          expires: number(Number.MAX_SAFE_INTEGER),
        })
        .optional(),
    })
    .optional(),
  minTeeTcbSvn: pastedHex(16).optional(),
  minModuleSvn: z.strictObject({ major: number(255), minor: number(255) }).optional(),
  minPceSvn: number(65_535).optional(),
  minQeSvn: number(65_535).optional(),
  refuseRollback: z.boolean().optional(),
  eventLog: z
    .union([z.enum(['ignore', 'full']), z.strictObject({ registers: z.array(number(3)).max(4) })])
    .optional(),
  allow: z
    .strictObject({
      ppid: values(pastedHex(16)).optional(),
      instanceId: values(pastedHex(16)).optional(),
      fmspc: values(pastedHex(6)).optional(),
    })
    .optional(),
});

/** The policy of protocol/attestation; `checkPolicy` there accepts the same. docs/policy.md explains each rule. */
export const attestationPolicy = policyRules
  .extend({
    v: z.literal(1).optional(),
    name: words(64).optional(),
    description: words(1024, '|\\n').optional(),
    allowDebug: z.boolean().optional(),
    minEvaluationNumber: number(Number.MAX_SAFE_INTEGER).optional(),
    allowSimulated: z.boolean().optional(),
    names: z
      .strictObject(
        forEachPin(
          z
            .record(pastedHex(48), words(64))
            .refine((table) => Object.keys(table).length <= 4096, { error: 'more than 4096 names' }),
        ),
      )
      .optional(),
    overrides: z
      .array(
        z.strictObject({
          fmspc: pastedHex(6),
          until: z.string().refine((text) => readIsoTime(text) !== null, { error: 'no such time' }),
          note: words(256),
          set: policyRules,
        }),
      )
      .max(64)
      .optional(),
  })
  .refine(
    ({ minEvaluationNumber, grace, overrides = [] }) =>
      minEvaluationNumber === undefined ||
      (grace === undefined && overrides.every(({ set }) => set.grace === undefined)),
    { error: 'grace and minEvaluationNumber exclude each other' },
  )
  .refine(
    ({ overrides = [] }) =>
      new Set(overrides.map(({ fmspc }) => fmspc.toLowerCase())).size === overrides.length,
    { error: 'a platform family has two overrides' },
  );
export type AttestationPolicy = z.infer<typeof attestationPolicy>;
