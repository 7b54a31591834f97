/** What every mirrored object has. Further members are plain JSON values. */
export interface MirrorObject {
  /** Never reused within a kind. */
  id: string
  name: string
  /** The user whose object this is; null on objects that only admins see. */
  owner: string | null
  labels?: Record<string, string> | undefined
  metadata: { resourceVersion: string }
}

/** An object as a producer hands it in. The mirror sets the resourceVersion; one that is already there is ignored. */
export type Unversioned<T extends MirrorObject> = Omit<T, 'metadata'> &
  Omit<MirrorObject, 'metadata'> & {
    metadata: Omit<T['metadata'], 'resourceVersion'> & { resourceVersion?: string | undefined }
  }

/** Who reads. */
export interface Viewer {
  name: string
  admin: boolean
}

/** Admins see everything, others what they own. The one place that decides it, for lists and watches alike. */
export function mayView(viewer: Viewer, object: Pick<MirrorObject, 'owner'>): boolean {
  return viewer.admin || object.owner === viewer.name
}
