/** Fields of forms: label above, help below, the fault in place of the help. */
import { Checkbox } from '@base-ui/react/checkbox';
import { Field } from '@base-ui/react/field';
import { Select } from '@base-ui/react/select';
import type { ReactNode } from 'react';
import { Icon } from './Icon.tsx';
import styles from './Field.module.css';

interface Common {
  label: string;
  help?: ReactNode;
  /** What is wrong with the value; shown instead of the help. */
  fault?: string | null | undefined;
  wide?: boolean;
}

function Frame({ label, help, fault, wide, children }: Common & { children: ReactNode }) {
  const wrong = fault !== undefined && fault !== null && fault !== '';
  return (
    <Field.Root className={`${styles.field} ${wide === true ? styles.wide : ''}`} invalid={wrong}>
      <Field.Label className={styles.label}>{label}</Field.Label>
      {children}
      {wrong ? (
        <Field.Description className={styles.fault}>{fault}</Field.Description>
      ) : help === undefined ? null : (
        <Field.Description className={styles.help}>{help}</Field.Description>
      )}
    </Field.Root>
  );
}

interface TextProps extends Common {
  value: string;
  onChange: (value: string) => void;
  type?: 'text' | 'password' | 'datetime-local';
  /** Ids, digests and tokens are set in the data face. */
  mono?: boolean;
  placeholder?: string;
  autoFocus?: boolean;
  required?: boolean;
  /** Written at the right end of the control. */
  unit?: string;
  inputMode?: 'numeric' | 'text';
  autoComplete?: string;
  disabled?: boolean;
}

export function TextField({ value, onChange, type, mono, placeholder, autoFocus, unit, ...rest }: TextProps) {
  return (
    <Frame {...rest}>
      <span className={styles.control}>
        <Field.Control
          className={`${styles.input} ${mono === true ? styles.mono : ''}`}
          value={value}
          onValueChange={(next) => onChange(next)}
          type={type ?? 'text'}
          placeholder={placeholder}
          // a dialog that opens for one answer puts the cursor there
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus={autoFocus}
          inputMode={rest.inputMode}
          required={rest.required}
          disabled={rest.disabled}
          autoComplete={rest.autoComplete ?? 'off'}
          spellCheck={false}
        />
        {unit === undefined ? null : <span className={styles.unit}>{unit}</span>}
      </span>
    </Frame>
  );
}

interface AreaProps extends Common {
  value: string;
  onChange: (value: string) => void;
  rows?: number;
  placeholder?: string;
}

export function AreaField({ value, onChange, rows = 4, placeholder, ...rest }: AreaProps) {
  return (
    <Frame {...rest}>
      <Field.Control
        className={`${styles.input} ${styles.area} ${styles.mono}`}
        value={value}
        onValueChange={(next: string) => onChange(next)}
        placeholder={placeholder}
        spellCheck={false}
        render={<textarea rows={rows} />}
      />
    </Frame>
  );
}

interface SelectProps<T extends string> extends Common {
  value: T | null;
  onChange: (value: T) => void;
  options: readonly { readonly value: T; readonly label: string; readonly note?: string }[];
  placeholder?: string;
}

export function SelectField<T extends string>({
  value,
  onChange,
  options,
  placeholder,
  ...rest
}: SelectProps<T>) {
  return (
    <Frame {...rest}>
      <Select.Root
        items={options.map((option) => ({ value: option.value, label: option.label }))}
        value={value}
        onValueChange={(next) => {
          if (next !== null) onChange(next);
        }}
      >
        <Select.Trigger className={styles.select}>
          <Select.Value placeholder={placeholder} />
          <Select.Icon className={styles.chevron}>
            <Icon name="down" size={14} />
          </Select.Icon>
        </Select.Trigger>
        <Select.Portal>
          <Select.Positioner className={styles.positioner} alignItemWithTrigger={false} sideOffset={4}>
            <Select.Popup className={styles.popup}>
              {options.map((option) => (
                <Select.Item key={option.value} value={option.value} className={styles.item}>
                  <Select.ItemText>{option.label}</Select.ItemText>
                  {option.note === undefined ? null : <span className={styles.note}>{option.note}</span>}
                  <Select.ItemIndicator className={styles.tick}>
                    <Icon name="check" size={14} />
                  </Select.ItemIndicator>
                </Select.Item>
              ))}
            </Select.Popup>
          </Select.Positioner>
        </Select.Portal>
      </Select.Root>
    </Frame>
  );
}

interface CheckProps {
  label: string;
  help?: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}

export function CheckField({ label, help, checked, onChange, disabled = false }: CheckProps) {
  return (
    <Field.Root className={styles.check} disabled={disabled}>
      <Field.Label className={styles.checkLabel}>
        <Checkbox.Root className={styles.box} checked={checked} onCheckedChange={(next) => onChange(next)}>
          <Checkbox.Indicator className={styles.indicator}>
            <Icon name="check" size={12} />
          </Checkbox.Indicator>
        </Checkbox.Root>
        {label}
      </Field.Label>
      {help === undefined ? null : <Field.Description className={styles.help}>{help}</Field.Description>}
    </Field.Root>
  );
}

/** A few choices that exclude each other, all visible. */
export function Choice<T extends string>({
  label,
  value,
  onChange,
  options,
}: {
  label: string;
  value: T;
  onChange: (value: T) => void;
  options: readonly { readonly value: T; readonly label: string; readonly disabled?: boolean }[];
}) {
  return (
    <fieldset className={styles.choice}>
      <legend className={styles.label}>{label}</legend>
      <div className={styles.segments}>
        {options.map((option) => (
          <label key={option.value} className={styles.segment}>
            <input
              type="radio"
              className={styles.radio}
              name={label}
              value={option.value}
              checked={option.value === value}
              disabled={option.disabled === true}
              onChange={() => onChange(option.value)}
            />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** Fields in columns. */
export function Fields({ columns = 2, children }: { columns?: 1 | 2 | 3; children: ReactNode }) {
  return <div className={`${styles.fields} ${styles[`columns${columns}`]}`}>{children}</div>;
}
