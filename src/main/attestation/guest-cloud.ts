/** Whose cloud this machine is in, by what its firmware says (DMI), and what that means for quotes (tdx.md 10.5). */
import { join } from 'node:path';

export type Cloud = 'azure' | 'google' | 'aws';

/** The asset tag that every Azure machine has; its other texts are those of any Hyper-V machine. */
const AZURE_ASSET_TAG = '7783-7084-3265-9085-8269-3286-77';

/** A sentence for each, for the word about this machine. */
export const CLOUD_MEANING: Readonly<Record<Cloud, string>> = {
  azure:
    'It runs on Azure, whose TDs quote through a virtual TPM and a metadata service instead of the kernel; that way is not built here, so use a quote file.',
  google: 'It runs on Google Cloud, whose TDs give quotes through the kernel.',
  aws: 'It runs on AWS; no way to TDX quotes is known there.',
};

/** Reads the DMI texts below `folder`; null when they name none of these, or cannot be read. They prove nothing. */
export async function detectCloud(
  folder: string,
  read: (path: string) => Promise<string>,
): Promise<Cloud | null> {
  const text = (name: string): Promise<string> => read(join(folder, name)).catch(() => '');
  const [vendor, product, tag] = await Promise.all(
    ['sys_vendor', 'product_name', 'chassis_asset_tag'].map(text),
  );
  if (tag === AZURE_ASSET_TAG) return 'azure';
  if (product === 'Google Compute Engine') return 'google';
  return vendor === 'Amazon EC2' ? 'aws' : null;
}
