/** The Groups of this node: a card each, with its sentence first, its members, its newest checkpoint. */
import { useMutation } from '@tanstack/react-query';
import type { NetworkGroup } from '../../../contract/index.ts';
import { useNode } from '../../client/context.tsx';
import { number } from '../../format.ts';
import { useT } from '../../language/context.tsx';
import { useAnnounce } from '../../parts/Announce.tsx';
import { Button } from '../../parts/Button.tsx';
import { Empty } from '../../parts/Empty.tsx';
import { EntityLink } from '../../parts/EntityLink.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Facts } from '../../parts/Page.tsx';
import { Thrown } from '../../parts/Problem.tsx';
import { saveFile } from '../../parts/save.ts';
import { Time } from '../../parts/Time.tsx';
import { Card, WideTable } from './Card.tsx';
import { groupSentence, lagOf } from './group-sentence.ts';
import styles from './network.module.css';
import { PeerLink } from './PeerLink.tsx';
import { rtt } from './peers.ts';

export function GroupsTab({ groups }: { groups: readonly NetworkGroup[] }) {
  const t = useT();
  return groups.length === 0 ? (
    <Empty icon="network" title={t('groups.empty')} text={t('groups.emptyText')} />
  ) : (
    <div className={styles.groups}>
      {groups.map((group) => (
        <GroupCard key={group.id} group={group} />
      ))}
    </div>
  );
}

function GroupCard({ group }: { group: NetworkGroup }) {
  const t = useT();
  const { key, values, mark } = groupSentence(group);
  const behind = lagOf(group);
  return (
    <Card
      id={group.id}
      name={group.origin}
      mark={mark}
      sentence={t(key, values)}
      foot={<Checkpoint group={group} />}
    >
      <Facts
        rows={[
          [t('groups.role'), t(`groups.role.${group.role}`)],
          [t('groups.term'), number(group.term)],
          [
            t('groups.leader'),
            group.leader === null ? (
              t('groups.noLeader')
            ) : group.members.some(({ peer, self }) => self && peer === group.leader) ? (
              t('groups.thisNode')
            ) : (
              <PeerLink key="l" peer={group.leader} />
            ),
          ],
          [
            t('groups.quorum'),
            t('groups.quorumText', {
              reachable: group.reachable,
              voters: group.voters,
              quorum: group.quorum,
            }),
          ],
          [t('groups.commit'), number(group.commit)],
          [
            t('groups.applied'),
            behind === 0
              ? number(group.applied)
              : t('groups.lag', { applied: number(group.applied), n: number(behind) }),
          ],
          [t('groups.open'), number(group.open)],
          [t('groups.id'), <EntityLink key="i" id={group.id} />],
        ]}
      />
      <Members group={group} />
    </Card>
  );
}

function Members({ group }: { group: NetworkGroup }) {
  const t = useT();
  const leads = group.role === 'leader';
  return (
    <WideTable
      label={t('groups.members', { origin: group.origin })}
      note={leads ? null : t('groups.behindWhy')}
    >
      <thead>
        <tr>
          <th scope="col">{t('groups.member')}</th>
          <th scope="col">{t('groups.vote')}</th>
          <th scope="col">{t('groups.bond')}</th>
          <th scope="col" className={styles.figure}>
            {t('groups.rtt')}
          </th>
          {leads ? (
            <th scope="col" className={styles.figure}>
              {t('groups.behind')}
            </th>
          ) : null}
        </tr>
      </thead>
      <tbody>
        {group.members.map((member) => (
          <tr key={member.peer}>
            <th scope="row">
              {member.self ? (
                <EntityLink id={member.peer} label={t('groups.thisNode')} copy={false} />
              ) : (
                <PeerLink peer={member.peer} />
              )}
            </th>
            <td>{t(member.voter ? 'groups.voter' : 'groups.learner')}</td>
            <td>
              {member.self ? (
                '–'
              ) : (
                <span className={styles.bond}>
                  <Mark kind={member.bonded ? 'passed' : 'not-checked'} label="" size={12} />
                  {t(member.bonded ? 'groups.bonded' : 'groups.unbonded')}
                  {member.bondedSince === null ? null : (
                    <span className={styles.quiet}>
                      <Time at={member.bondedSince} />
                    </span>
                  )}
                </span>
              )}
            </td>
            <td className={styles.figure}>{member.rtt === null ? '–' : rtt(member.rtt)}</td>
            {leads ? (
              <td className={styles.figure}>{member.behind === null ? '–' : number(member.behind)}</td>
            ) : null}
          </tr>
        ))}
      </tbody>
    </WideTable>
  );
}

/** A file name that every system takes. */
const fileName = (origin: string): string => origin.replaceAll(/[^\w.-]+/g, '-').slice(0, 80);

function Checkpoint({ group }: { group: NetworkGroup }) {
  const t = useT();
  const { client } = useNode();
  const announce = useAnnounce();
  const { checkpoint } = group;
  const save = useMutation({
    mutationFn: () => client.network.proof({ group: group.id }),
    onSuccess: (proof) => {
      saveFile(`${fileName(group.origin)}.policy`, [proof.policy], 'text/plain');
      if (proof.checkpoint === null) announce(t('groups.noProof'));
      else saveFile(`${fileName(group.origin)}.checkpoint`, [proof.checkpoint], 'text/plain');
    },
  });
  return (
    <footer className={styles.checkpoint}>
      <strong>{t('groups.checkpoint')}</strong>
      <span>
        {checkpoint === null ? (
          t('groups.noCheckpoint')
        ) : (
          <>
            {t('groups.checkpointText', {
              size: number(checkpoint.size),
              cosigners: checkpoint.cosigners,
            })}{' '}
            <Time at={checkpoint.at} />
          </>
        )}
      </span>
      <Button kind="quiet" icon="download" busy={save.isPending} onClick={() => save.mutate()}>
        {t('groups.proof')}
      </Button>
      {save.data?.checkpoint === null ? <span>{t('groups.noProof')}</span> : null}
      <Thrown error={save.error} />
    </footer>
  );
}
