/** Makes the one handler of a command class on Nest's CommandBus, so that no capability writes handler classes by hand. */
import { Inject, Injectable, type InjectionToken, type Type } from '@nestjs/common';
import { CommandHandler } from '@nestjs/cqrs';

/** A provider class that gets `inject` by constructor and hands every command of the class to `execute` with them. */
export function handlerFor<Command extends object, Dependencies extends readonly unknown[], Answer>(
  commandClass: Type<Command>,
  inject: { readonly [D in keyof Dependencies]: InjectionToken<Dependencies[D]> },
  execute: (command: Command, ...dependencies: Dependencies) => Promise<Answer>,
): Type<{ execute(command: Command): Promise<Answer> }> {
  class Handler {
    private readonly dependencies: Dependencies;

    constructor(...dependencies: unknown[]) {
      this.dependencies = dependencies as readonly unknown[] as Dependencies;
    }

    execute(command: Command): Promise<Answer> {
      return execute(command, ...this.dependencies);
    }
  }
  Object.defineProperty(Handler, 'name', { value: `${commandClass.name}Handler` });
  inject.forEach((token, index) => Inject(token)(Handler, undefined, index));
  Injectable()(Handler);
  CommandHandler(commandClass)(Handler);
  return Handler;
}
