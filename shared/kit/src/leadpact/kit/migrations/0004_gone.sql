-- The server process that the owner's listening connection talks to: when it is gone, so is the owner, or soon back.
alter table worker add column backend integer;
