local hs = { status = "Progressing", message = "The operator has not looked at this generation yet" }
if obj.metadata.deletionTimestamp ~= nil then
  hs.message = "The operator takes it out of the policies"
  return hs
end
if obj.status == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  return hs
end
for _, condition in ipairs(obj.status.conditions or {}) do
  if condition.type == "Stalled" and condition.status == "True" then
    return { status = "Degraded", message = condition.message }
  end
  if condition.type == "Ready" then
    hs.status = condition.status == "True" and "Healthy" or "Progressing"
    hs.message = condition.message
  end
end
return hs
