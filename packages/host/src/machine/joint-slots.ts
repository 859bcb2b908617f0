import type { Priority } from "@segue/contracts";
import type { CpuSlots } from "@segue/runner";

/** A slot that several attempts hold together. */
interface Joint {
  readonly priority: Priority;
  readonly slot: Promise<Disposable>;
  holders: number;
}

/**
 * Slots for a step that works in batches: so many attempts as a batch has room for share one, since one thread does their work. It
 * is given back when the last of them is over.
 */
export function createJointSlots(slots: CpuSlots, perSlot: number): CpuSlots {
  const joints = new Set<Joint>();
  return {
    async acquire(signal, priority) {
      let joint = [...joints].find((each) => each.priority === priority && each.holders < perSlot);
      if (!joint) {
        joint = { priority, slot: slots.acquire(signal, priority), holders: 0 };
        joints.add(joint);
      }
      const held = joint;
      held.holders += 1;
      const leave = () => {
        held.holders -= 1;
        if (held.holders > 0) return;
        joints.delete(held);
        void held.slot.then(
          (slot) => slot[Symbol.dispose](),
          () => {},
        );
      };
      try {
        await held.slot;
      } catch (error) {
        joints.delete(held);
        leave();
        throw error;
      }
      return { [Symbol.dispose]: leave };
    },
  };
}
