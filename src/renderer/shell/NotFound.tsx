/** An address that leads nowhere. */
import { Link } from '@tanstack/react-router';
import { useT } from '../language/context.tsx';
import { Empty } from '../parts/Empty.tsx';

export function NotFound() {
  const t = useT();
  return (
    <Empty
      icon="search"
      title={t('notFound.title')}
      text={t('notFound.text')}
      action={<Link to="/">{t('nav.home')}</Link>}
    />
  );
}
