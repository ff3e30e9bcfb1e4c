-- The fact that an item became at once: by it a refusal of the domain is known for this item's (rule 50).
alter table outcome add column fact uuid;
