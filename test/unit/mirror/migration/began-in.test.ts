import { expect } from 'chai';
import { beganIn, beganInAnnotation } from '../../../../src/mirror/migration/began-in.js';
import { Unreported } from '../../../../src/mirror/migration/unreported.js';
import type { RegistryMirror, RegistryMirrorStatus } from '../../../../src/api/registry-mirror.js';
import { mirror } from '../mirror.js';

const FIRST = 'https://first.example.org';
const SECOND = 'https://second.example.org';
const NEW: RegistryMirrorStatus = { observedGeneration: -1 };

/** A mirror in the second Harbor whose annotation says this. */
function annotated(text: string, status: RegistryMirrorStatus = NEW): RegistryMirror {
  const harbor = { url: SECOND, credentialsSecretRef: { name: 'second' } };
  return mirror('quay', {
    spec: { harbor },
    metadata: { annotations: { 'registrymirror.io/began-in': text } },
    status,
  });
}

/** What the annotation is while the mirror is in the first Harbor. */
function writtenInFirst(metadata: object = {}): string {
  const harbor = { url: FIRST, credentialsSecretRef: { name: 'first' } };
  const before = mirror('quay', { spec: { harbor, project: { name: 'cache' } }, metadata, status: NEW });
  return beganInAnnotation(before, FIRST)['registrymirror.io/began-in'] ?? '';
}

const place = { url: FIRST, projectName: 'cache', credentialsSecretRef: { name: 'first' } };

describe('the annotation that says where a mirror began', () => {
  it('tells Harbor, project and Secret as they were then', () => {
    expect(beganIn(annotated(writtenInFirst()))).to.deep.equal(place);
  });

  it('means nothing once a status has told of a Harbor: what was left on purpose stays', () => {
    const told = { ...NEW, observedGeneration: 1, harbor: { url: SECOND } };
    expect(beganIn(annotated(writtenInFirst(), told))).to.equal(undefined);
  });

  it('means nothing once a look was reported that had nothing to tell of a Harbor: nothing was made anywhere', () => {
    expect(beganIn(annotated(writtenInFirst(), { observedGeneration: 1 }))).to.equal(undefined);
  });

  it('means nothing on another object, which a backup or Git brought it to', () => {
    expect(beganIn(annotated(writtenInFirst({ uid: 'of-before' })))).to.equal(undefined);
  });

  const uid = 'uid-quay';
  const forged: readonly (readonly [string, unknown])[] = [
    ['nothing', ''],
    ['a list', []],
    ['null', null],
    ['no uid', place],
    ['no project', { uid, url: FIRST }],
    ['a url with a password', { ...place, uid, url: 'https://a:b@first.example.org' }],
    ['a url with a query', { ...place, uid, url: `${FIRST}?to=there` }],
    ['a file', { ...place, uid, url: 'file:///etc/passwd' }],
    ['a url that is none', { ...place, uid, url: 'https://%zz' }],
    ['a project that has a path', { ...place, uid, projectName: '../robots' }],
    ['a Secret that is no reference', { ...place, uid, credentialsSecretRef: 'first' }],
    ['a Secret with a path', { ...place, uid, credentialsSecretRef: { name: '../../kube-system/secrets/a' } }],
  ];
  for (const [what, value] of forged) {
    it(`is as good as none where somebody writes ${what}`, () => {
      expect(beganIn(annotated(JSON.stringify(value)))).to.equal(undefined);
    });
  }

  it('is as good as none where it is no JSON', () => {
    expect(beganIn(annotated('first'))).to.equal(undefined);
  });
});

describe('where a mirror has something, for the next operator', () => {
  const at = (url: string, status: RegistryMirrorStatus, annotations: Record<string, string> = {}): RegistryMirror =>
    mirror('quay', { spec: { harbor: { url } }, metadata: { annotations }, status });

  it('is no write of its own while the mirror begins where its annotation says', () => {
    const begins = at(FIRST, NEW);
    const annotations = beganInAnnotation(begins, FIRST);
    expect(new Unreported().enter(at(FIRST, NEW, annotations), FIRST, 'us')).to.equal(undefined);
  });

  it('is a status before anything is made in another Harbor, which lists where it began', () => {
    const annotations = beganInAnnotation(at(FIRST, NEW), FIRST);
    const status = new Unreported().enter(at(SECOND, NEW, annotations), SECOND, 'us');
    expect(status?.observedGeneration).to.equal(-1);
    expect(status?.harbor).to.deep.equal({ url: SECOND, projectName: 'quay', clusterID: 'us' });
    expect(status?.formerHarbors).to.deep.equal([{ url: FIRST, projectName: 'quay' }]);
  });

  it('lists nowhere that nothing was made in: a url that was mistyped is no Harbor to be cleaned up', () => {
    const unreported = new Unreported();
    const annotations = beganInAnnotation(at(FIRST, NEW), FIRST);
    unreported.begin(at(FIRST, NEW, annotations));
    const status = unreported.enter(at(SECOND, NEW, annotations), SECOND, 'us');
    expect(status?.harbor?.url).to.equal(SECOND);
    expect(status).to.not.have.property('formerHarbors');
  });

  it('is a status where a project is made on an endpoint that is named after another one', () => {
    const told = {
      ...NEW,
      observedGeneration: 1,
      harbor: { url: FIRST, projectName: 'before', projectID: 3, endpointID: 7 },
    };
    const unreported = new Unreported();
    const status = unreported.enter(at(FIRST, told), FIRST, 'us', 'quay');
    expect(status?.harbor).to.deep.equal({ url: FIRST, clusterID: 'us', projectName: 'quay', endpointID: 7 });
    expect(unreported.enter(at(FIRST, status ?? told), FIRST, 'us', 'quay')).to.equal(undefined);
  });

  it('is a status where the first one was written before anything was made', () => {
    const told = { ...NEW, observedGeneration: 1, harbor: { url: FIRST, clusterID: 'us' } };
    const unreported = new Unreported();
    const status = unreported.enter(at(FIRST, told), FIRST, 'us');
    expect(status?.harbor).to.deep.equal({ url: FIRST, clusterID: 'us', projectName: 'quay' });
    expect(unreported.enter(at(FIRST, status ?? told), FIRST, 'us')).to.equal(undefined);
  });

  it('says of no Harbor that it is down because another one is', () => {
    const time = '2026-01-01T00:00:00Z';
    const down = { type: 'HarborReachable', status: 'False', reason: 'HarborUnreachable', message: 'down' } as const;
    const conditions = [{ ...down, lastTransitionTime: time, observedGeneration: 1 }];
    const told = { observedGeneration: 1, harbor: { url: FIRST, projectName: 'quay' }, conditions };
    expect(new Unreported().enter(at(SECOND, told), SECOND, 'us')?.conditions).to.deep.equal([]);
  });
});
