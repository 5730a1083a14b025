// Reads a capability's settings now and whenever the person changes them.

import type { ISettingRegistry } from '@jupyterlab/settingregistry';

/** The settings as plain values. */
export type SettingValues = {
  text: (name: string) => string;
  number: (name: string, otherwise: number) => number;
  flag: (name: string) => boolean;
};

/** Call `apply` with the settings, now and after each change; without a registry the defaults stay. */
export function withSettings(
  registry: ISettingRegistry | null,
  id: string,
  ready: Promise<unknown>,
  apply: (values: SettingValues) => void
): void {
  if (!registry) {
    return;
  }
  void Promise.all([registry.load(id), ready]).then(
    ([settings]) => {
      const use = (): void => apply(valuesOf(name => settings.get(name).composite));
      settings.changed.connect(use);
      use();
    },
    () => undefined // the schema was not found: the defaults stay
  );
}

/** Typed reading of loose values. */
export function valuesOf(get: (name: string) => unknown): SettingValues {
  return {
    text: name => {
      const value = get(name);
      return typeof value === 'string' ? value : '';
    },
    number: (name, otherwise) => {
      const value = get(name);
      return typeof value === 'number' ? value : otherwise;
    },
    flag: name => get(name) === true
  };
}
