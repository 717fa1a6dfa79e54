/** A picture of more than is shown, so that who pans sees it moved and not drawn anew. */
import type { Surface } from './surface.ts';
import { GUTTER_PX } from './rows.ts';
import type { Stretch } from './stretch.ts';

/** Of the width of what is shown, so much is drawn to both sides. */
const BESIDE = 0.5;

export class Picture {
  private readonly canvas = document.createElement('canvas');
  private key = '';
  private of: Stretch = { fromNs: 0, toNs: 0 };

  /** `key`: what the picture depends on besides the stretch. `paint` draws a stretch onto a surface as wide as that is. */
  draw(
    surface: Surface,
    key: string,
    stretch: Stretch,
    paint: (surface: Surface, stretch: Stretch) => void,
  ): void {
    const { context, width, height } = surface;
    const room = width - GUTTER_PX;
    const ns = stretch.toNs - stretch.fromNs;
    const dots = devicePixelRatio;
    const wanted = [key, ns, width, height, dots, surface.ink.theme].join(' ');
    if (wanted !== this.key || stretch.fromNs < this.of.fromNs || stretch.toNs > this.of.toNs) {
      this.key = wanted;
      this.of = { fromNs: stretch.fromNs - ns * BESIDE, toNs: stretch.toNs + ns * BESIDE };
      const wide = GUTTER_PX + room * (1 + 2 * BESIDE);
      this.canvas.width = Math.ceil(wide * dots);
      this.canvas.height = Math.ceil(height * dots);
      const own = this.canvas.getContext('2d');
      if (own === null) return;
      own.setTransform(dots, 0, 0, dots, 0, 0);
      paint({ ...surface, context: own, width: wide }, this.of);
    }
    const from = GUTTER_PX + ((stretch.fromNs - this.of.fromNs) / ns) * room;
    const [x, wide, high] = [from * dots, room * dots, height * dots];
    context.drawImage(this.canvas, x, 0, wide, high, GUTTER_PX, 0, room, height);
  }
}
