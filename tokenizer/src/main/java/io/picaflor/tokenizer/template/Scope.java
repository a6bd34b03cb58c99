package io.picaflor.tokenizer.template;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The names of a part of the template while it is parsed: the template, the body of a loop, macro or block. Gives each
 * name a slot in the frame of its function, so that rendering looks up no names.
 *
 * <p>A name that is set in a scope is the scope's own and begins with the value that it has further out. What is set
 * nowhere is a variable of the request.
 */
final class Scope {
  /** Slots of a function: the template or a macro. */
  private static final class Slots {
    private int count;
  }

  private final Scope parent;
  private final Slots slots;
  private final Map<String, Integer> names = new LinkedHashMap<>();
  private final List<Statement.Inherited> inherited = new ArrayList<>();
  private final Map<String, Integer> implicit = new HashMap<>(); // names that are there if they are used: slot, or -1

  private Scope(Scope parent, Slots slots) {
    this.parent = parent;
    this.slots = slots;
  }

  /** The template's scope. */
  static Scope template() {
    return new Scope(null, new Slots());
  }

  /** A scope inside, whose variables live in the same frame. */
  Scope inner() {
    return new Scope(this, slots);
  }

  /** A scope inside with a frame of its own. */
  Scope function() {
    return new Scope(this, new Slots());
  }

  /** How many slots the scope's function has so far. */
  int slotCount() {
    return slots.count;
  }

  /** A slot without a name. */
  int slot() {
    return slots.count++;
  }

  /** A new variable of this scope. */
  int declare(String name) {
    int slot = slot();
    names.put(name, slot);
    return slot;
  }

  /** Makes a name a variable of this scope if it is used. */
  void declareImplicit(String name) {
    implicit.put(name, -1);
  }

  /** The slot of a name that was made with {@link #declareImplicit}, or -1 where it was not used. */
  int implicitSlot(String name) {
    return implicit.getOrDefault(name, -1);
  }

  /** The slot of a variable of this scope that is to be set. */
  int store(String name) {
    Integer known = names.get(name);
    if (known != null) {
      return known;
    }
    if (parent == null) {
      return declare(name);
    }
    Expression.Name outer = parent.find(name, parent.slots == slots ? 0 : 1);
    int slot = declare(name);
    inherited.add(new Statement.Inherited(slot, outer.hops(), outer.slot()));
    return slot;
  }

  /** The variable that a name means here. */
  Expression.Name load(String name) {
    return find(name, 0);
  }

  private Expression.Name find(String name, int hops) {
    int out = hops;
    for (Scope scope = this;; scope = scope.parent) {
      Integer slot = scope.names.get(name);
      if (slot == null && (scope.parent == null || scope.implicit.containsKey(name))) {
        slot = scope.declare(name);
        scope.implicit.replace(name, slot);
      }
      if (slot != null) {
        return new Expression.Name(out, slot, name);
      }
      if (scope.parent.slots != scope.slots) {
        out++;
      }
    }
  }

  /** The variables to set when the scope is entered. */
  Statement.Inherited[] inherited() {
    return inherited.toArray(new Statement.Inherited[0]);
  }

  /** The names of this scope and their slots. */
  Map<String, Integer> names() {
    return names;
  }
}
