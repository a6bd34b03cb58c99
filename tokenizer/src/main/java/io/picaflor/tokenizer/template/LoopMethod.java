package io.picaflor.tokenizer.template;

/** The methods of {@code loop}. */
enum LoopMethod implements Method {
  CYCLE("cycle"),
  CHANGED("changed");

  private final String pythonName;

  LoopMethod(String pythonName) {
    this.pythonName = pythonName;
  }

  @Override
  public String pythonName() {
    return pythonName;
  }

  @Override
  public boolean changesOwner() {
    return false;
  }

  @Override
  public Value call(Value self, Arguments arguments, Rendering rendering) {
    LoopValue loop = (LoopValue) self;
    return this == CYCLE ? loop.cycle(arguments) : loop.changed(arguments, rendering);
  }
}
