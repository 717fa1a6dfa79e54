/** Where the outside meets a world: at the gateway of a host's own network, or of the first network of a world that has one. */
import { Gateway } from '../../../devices/lan/gateway.ts';
import { LanPort } from '../../../devices/lan/lan.ts';
import type { Lan } from '../../../devices/lan/lan.ts';
import { VirtioNet } from '../../../devices/virtio/net.ts';
import type { Lab } from '../lab.ts';
import type { World } from '../world/world.ts';
import type { Uplink } from './outside.ts';

function gatewayOf({ ports }: Lan): Gateway | undefined {
  return ports.map(({ station }) => station).find((station) => station instanceof Gateway);
}

/** Of a host that is alone; null: it has no network. */
export function labUplink(lab: Lab): Uplink | null {
  const card = lab.hypervisor.platform.devices.find((device) => device instanceof VirtioNet);
  const gateway = card?.port instanceof LanPort ? gatewayOf(card.port.lan) : undefined;
  if (gateway === undefined) return null;
  return {
    gateway,
    get nowNs() {
      return lab.ns;
    },
    inject: (fault) => {
      lab.inject(fault);
    },
  };
}

/** Of a world; null: none of its networks has a gateway. */
export function worldUplink(world: World): Uplink | null {
  const gateways = world.exchange.lans.map(gatewayOf);
  const lan = gateways.findIndex((each) => each !== undefined);
  if (lan < 0) return null;
  return {
    gateway: gateways[lan]!,
    get nowNs() {
      return world.ns;
    },
    inject: (fault) => {
      world.injectLan(lan, fault);
    },
  };
}
