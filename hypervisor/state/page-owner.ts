/** Whose frames a memory hypercall is about: the checks of get_pg_owner and of Xen's default access rules (XSM_TARGET). */
import { DOMID_IO, DOMID_SELF, DOMID_XEN } from '../abi/xen.ts';
import { EPERM, ESRCH } from '../abi/errno.ts';
import type { Caller } from './caller.ts';

/** The domain id that `domid` names as owner of frames. -ESRCH where there is none; one's own id is not accepted. */
export function pageOwner(context: Caller, domid: number): number {
  if (domid === DOMID_SELF) return context.domain.id;
  if (domid === context.domain.id)
    return context.hypervisor.trace.refuse(-ESRCH, 'oneself is named DOMID_SELF here, not {}', domid);
  if (domid === DOMID_IO || domid === DOMID_XEN) return domid;
  return isThere(context, domid) ? domid : noDomain(context, domid);
}

function noDomain({ hypervisor: { trace } }: Caller, domid: number): number {
  return trace.refuse(-ESRCH, 'there is no domain {}', domid);
}

/** A domain, or what is left of one. */
function isThere({ hypervisor: { domains, frames } }: Caller, domid: number): boolean {
  return domains.has(domid) || frames.remains.has(domid);
}

/** The domain id that `domid` names, oneself by either name. -ESRCH where there is none. */
export function anyDomain(context: Caller, domid: number): number {
  if (domid === DOMID_SELF) return context.domain.id;
  return context.hypervisor.domains.has(domid) ? domid : noDomain(context, domid);
}

/** 0 if the caller may act on the owner's frames, else -EPERM. */
export function mayTarget(context: Caller, owner: number): number {
  const { domain, hypervisor } = context;
  if (owner === domain.id || domain.isPrivileged) return 0;
  return hypervisor.trace.refuse(-EPERM, 'domain {} has no rights over domain {}', domain.id, owner);
}
